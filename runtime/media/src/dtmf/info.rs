//! Keys in SIP INFO.
