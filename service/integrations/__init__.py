"""Decks, grades and networks in the formats of others: no SQL, no Flask."""
