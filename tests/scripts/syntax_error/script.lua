session:answer()
if then
