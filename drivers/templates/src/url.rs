//! URLs as Go's `net/url` takes them apart and puts them together.

use std::net::Ipv6Addr;

use crate::format::quote::quoted;
use crate::sprig::find;

/// The parts of a URL, unescaped where Go unescapes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Url {
    pub(crate) scheme: Vec<u8>,
    pub(crate) opaque: Vec<u8>,
    pub(crate) user: Option<User>,
    pub(crate) host: Vec<u8>,
    pub(crate) path: Vec<u8>,
    pub(crate) query: Vec<u8>,
    pub(crate) fragment: Vec<u8>,
}

/// Name and password.
#[derive(Debug, Clone)]
pub(crate) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Which part of a URL is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Host,
    HostZone,
    Fragment,
}

fn escapes(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        return false;
    }
    if matches!(part, Part::Host | Part::HostZone) && b"!$&'()*+,;=:[]<>\"".contains(&byte) {
        return false;
    }
    if b"$&+,/:;=?@".contains(&byte) {
        return match part {
            Part::Path => byte == b'?',
            Part::User => matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Fragment => false,
            Part::Host | Part::HostZone => true,
        };
    }
    !(part == Part::Fragment && matches!(byte, b'!' | b'(' | b')' | b'*'))
}

fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if escapes(*byte, part) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        if *byte != b'%' {
            if matches!(part, Part::Host | Part::HostZone) && byte.is_ascii() && escapes(*byte, part) {
                return Err(format!("invalid character {} in host name", quoted(&[*byte])));
            }
            out.push(*byte);
            rest = after;
            continue;
        }
        let invalid = || {
            let escape = rest.get(..rest.len().min(3)).unwrap_or_default();
            format!("invalid URL escape {}", quoted(escape))
        };
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(invalid)?;
        let value = u8::from_str_radix(digits, 16).map_err(|_| invalid())?;
        // Hosts may only escape what is not ASCII, zones what hosts may not say.
        let refused = match part {
            Part::Host => value < 0x80 && digits != "25",
            Part::HostZone => digits != "25" && value != b' ' && escapes(value, Part::Host),
            _ => false,
        };
        if refused {
            return Err(invalid());
        }
        out.push(value);
        rest = after.get(2..).unwrap_or_default();
    }
    Ok(out)
}

fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == separator) {
        Some(index) => (text.get(..index).unwrap_or_default(), text.get(index + 1..)),
        None => (text, None),
    }
}

impl Url {
    /// Takes a URL apart; the failure is Go's message.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let (url, fragment) = cut(text, b'#');
        let mut parsed =
            Self::parse_without_fragment(url).map_err(|message| format!("parse {}: {message}", quoted(url)))?;
        parsed.fragment = unescape(fragment.unwrap_or_default(), Part::Fragment)
            .map_err(|message| format!("parse {}: {message}", quoted(text)))?;
        Ok(parsed)
    }

    fn parse_without_fragment(text: &[u8]) -> Result<Self, String> {
        if text.iter().any(u8::is_ascii_control) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == b"*" {
            url.path = b"*".to_vec();
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().to_vec();
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if (!url.scheme.is_empty() || !rest.starts_with(b"///"))
            && let Some(authority) = rest.strip_prefix(b"//")
        {
            let slash = authority.iter().position(|byte| *byte == b'/').unwrap_or(authority.len());
            let (authority, path) = authority.split_at_checked(slash).unwrap_or((authority, &[]));
            rest = path;
            url.set_authority(authority)?;
        }
        url.path = unescape(rest, Part::Path)?;
        Ok(url)
    }

    fn set_authority(&mut self, authority: &[u8]) -> Result<(), String> {
        let at = authority.iter().rposition(|byte| *byte == b'@');
        let host = authority.get(at.map_or(0, |at| at + 1)..).unwrap_or_default();
        self.host = host_of(&self.scheme, host)?;
        let Some(userinfo) = at.and_then(|at| authority.get(..at)) else {
            return Ok(());
        };
        let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
        if !userinfo.iter().all(valid) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let (name, password) = cut(userinfo, b':');
        let name = unescape(name, Part::User)?;
        let password = password.map(|password| unescape(password, Part::User)).transpose()?;
        self.user = Some(User { name, password });
        Ok(())
    }

    /// The host without its port and brackets.
    pub(crate) fn hostname(&self) -> &[u8] {
        let mut host = self.host.as_slice();
        if let Some(colon) = host.iter().rposition(|byte| *byte == b':')
            && is_port(host.get(colon..).unwrap_or_default())
        {
            host = host.get(..colon).unwrap_or_default();
        }
        host.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).unwrap_or(host)
    }

    /// The URL as text.
    pub(crate) fn to_text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let authority = !self.host.is_empty() || self.user.is_some();
            if authority || !self.scheme.is_empty() && !self.path.is_empty() {
                out.extend_from_slice(b"//");
            }
            if let Some(user) = &self.user {
                out.extend_from_slice(&user.to_text());
                out.push(b'@');
            }
            out.extend_from_slice(&escape(&self.host, Part::Host));
            let path = if self.path == b"*" { b"*".to_vec() } else { escape(&self.path, Part::Path) };
            if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
                out.push(b'/');
            }
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend_from_slice(&path);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend_from_slice(&escape(&self.fragment, Part::Fragment));
        }
        out
    }
}

impl User {
    pub(crate) fn to_text(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend_from_slice(&escape(password, Part::User));
        }
        out
    }
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = text.split_at_checked(index).unwrap_or((text, &[]));
                return Ok((scheme, rest.get(1..).unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok((&[], text))
}

/// Whether a text is nothing, or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    match text.split_first() {
        None => true,
        Some((colon, digits)) => *colon == b':' && digits.iter().all(u8::is_ascii_digit),
    }
}

fn host_of(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    let invalid_port = |port: &[u8]| format!("invalid port {} after host", quoted(port));
    match host.iter().rposition(|byte| *byte == b'[') {
        Some(0) => {
            let Some(close) = host.iter().rposition(|byte| *byte == b']') else {
                return Err("missing ']' in host".to_owned());
            };
            let port = host.get(close + 1..).unwrap_or_default();
            if !is_port(port) {
                return Err(invalid_port(port));
            }
            let address = host.get(1..close).unwrap_or_default();
            let zone = find(address, b"%25").unwrap_or(address.len());
            let (address, zone) = address.split_at_checked(zone).unwrap_or((address, &[]));
            let mut address = unescape(address, Part::Host)?;
            let shown = String::from_utf8_lossy(&address).into_owned();
            if shown.parse::<Ipv6Addr>().is_err() {
                return Err(format!("invalid host: ParseAddr({}): unable to parse IP", quoted(&address)));
            }
            address.extend(unescape(zone, Part::HostZone)?);
            return Ok([b"[", address.as_slice(), b"]", port].concat());
        }
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    // Only the schemes of the web are strict about colons in names.
    let strict = matches!(scheme, b"http" | b"https");
    let mut colons = host.iter();
    let colon = |byte: &u8| *byte == b':';
    if let Some(colon) = if strict { colons.position(colon) } else { colons.rposition(colon) } {
        let port = host.get(colon..).unwrap_or_default();
        if !is_port(port) {
            return Err(invalid_port(port));
        }
    }
    unescape(host, Part::Host)
}
