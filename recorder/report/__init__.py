"""The evening's page: what the paper P&L was worth, why, and how sure that is. One HTML file that needs no network."""
