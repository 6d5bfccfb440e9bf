//! The functions of sprig, one family a file.

mod case;
mod cast;
mod certificates;
mod crypto;
mod dates;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod json;
mod json_scanner;
mod lists;
mod merge;
mod numbers;
mod paths;
mod random;
mod regex;
mod strings;
mod urls;
mod versions;

pub(crate) use strings::find;

use crate::functions::Table;

pub(crate) static TABLES: &[Table] = &[
    case::TABLE,
    certificates::TABLE,
    crypto::TABLE,
    dates::TABLE,
    defaults::TABLE,
    dicts::TABLE,
    encoding::TABLE,
    json::TABLE,
    lists::TABLE,
    numbers::TABLE,
    paths::TABLE,
    random::TABLE,
    regex::TABLE,
    strings::TABLE,
    urls::TABLE,
    versions::TABLE,
];
