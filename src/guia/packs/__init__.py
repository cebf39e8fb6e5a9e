"""City packs: reading, checking and building them."""
