"""Losses of embeddings and of orders: pairs, triplets and lists."""
