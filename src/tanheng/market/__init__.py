"""The market: orders, auctions, delivery versus payment."""
