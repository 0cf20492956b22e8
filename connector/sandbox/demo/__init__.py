"""`make demo`: the whole product, every process of it, between stand-ins of Deltek and Stripe."""
