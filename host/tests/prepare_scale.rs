//! `needledrop prepare` on data as it comes, on machines as they fail, and on many of them.

mod audit;
mod music;
mod parts;
