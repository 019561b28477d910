"""Losses of boxes, which are corners x1, y1, x2, y2."""
