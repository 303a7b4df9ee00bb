"""Questions of one's own: a template's arithmetic with numbers and words of an author's."""
