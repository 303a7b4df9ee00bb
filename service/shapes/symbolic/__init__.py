"""Names as sizes: layers whose answers are formulas in the names."""
