"""Text out of files, by kind; imported by the parsing process alone."""
