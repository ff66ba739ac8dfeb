"""Files of other programs, made by hand after what they document and show."""
