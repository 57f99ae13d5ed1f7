"""What the second host's tests share."""
REQUIRED = {
    "GALLERIA_XERO_CLIENT_ID": "KABINETT0CLIENT",
    "GALLERIA_XERO_CLIENT_SECRET": "kabinett-secret",
    "GALLERIA_XERO_REDIRECT_URI": "http://localhost:5000/verwaltung/webservices/callback",
    "GALLERIA_XERO_TOKEN_KEYS": "a" * 42 + "A",
    "GALLERIA_XERO_REDIS_URL": "redis://localhost:1/0",
}
