//! The functions of sprig, one family a file.

mod case;
mod cast;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod json;
mod json_scanner;
mod lists;
mod merge;
mod numbers;
mod random;
mod strings;

use crate::functions::Table;

pub(crate) static TABLES: &[Table] = &[
    case::TABLE,
    defaults::TABLE,
    dicts::TABLE,
    encoding::TABLE,
    json::TABLE,
    lists::TABLE,
    numbers::TABLE,
    random::TABLE,
    strings::TABLE,
];
