"""What the windows show: one app per file. Apps do no I/O; they paint on a canvas and are told of input and time."""
