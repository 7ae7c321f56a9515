//! The Debian package.
