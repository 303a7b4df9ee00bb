"""What requests and answers are made of: one marshmallow schema an object."""
