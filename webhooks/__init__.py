"""Flask's side: the receiver of Stripe's events, pay links, health, and metrics. No business rule lives here."""
