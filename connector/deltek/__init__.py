"""The client of Deltek Vantagepoint's REST API: reads what was posted, writes cash receipts."""
