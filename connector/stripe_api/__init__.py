"""The gateway to Stripe: all that the product asks of it, in the product's own records and errors."""
