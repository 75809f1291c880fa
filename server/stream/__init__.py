"""The stream's transport, the same at the hub and at a relay: it carries what sync/hub_session.py says."""
