"""`make eval`: golden questions asked end to end, and a score of what came back."""
