"""The quiz engine: cards, questions made from a seed, reading and grading what learners answer.

Pure: no web, no database, no clock, no chance but the seed it is given.
"""
