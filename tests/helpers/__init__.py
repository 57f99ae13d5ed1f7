"""What many tests need and pytest does not bring: servers, a browser, a closed network, waiting."""
