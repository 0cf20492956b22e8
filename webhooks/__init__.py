"""Flask's side: the receiver of Stripe's events, health, and metrics. No business rule lives here."""
