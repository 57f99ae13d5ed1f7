"""The entry from the browser. A view reads the request, makes one service call and answers."""
