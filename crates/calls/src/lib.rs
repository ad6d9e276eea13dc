//! calls.
