"""What tests share: a world with both stand-ins, a clock that is turned, and the product between them."""
