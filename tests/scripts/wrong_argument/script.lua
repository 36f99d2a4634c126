session:answer()
session:sleep("soon")
