-- Is early media.
session:streamFile("tone_stream://%(300,0,440)")
