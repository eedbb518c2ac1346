"""The developers' tools: run of the tests, release, bundle. Started through install.sh."""
