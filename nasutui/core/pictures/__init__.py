"""Raw pictures: opening, cutting and preparing them."""
