module leeway.dev/native/pause

go 1.25.0
