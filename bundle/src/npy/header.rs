//! The header of a .npy file: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` and padding.
use super::{dtype::Dtype, fault::Fault};

/// Most axes, NumPy's own limit.
const MAX_AXES: usize = 64;

/// What a header says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    /// None for a structured array, whose type is a list.
    descr: Option<String>,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<u64>,
}

impl Header {
    /// The type, if it is one of ours.
    pub(super) fn dtype(&self) -> Result<Dtype, Fault> {
        let descr = self.descr.as_deref().ok_or(Fault::Structured)?;
        let known = Dtype::ALL.into_iter().find(|(_, name, _)| {
            // One byte has no order: `<u1` and `|u1` are the same.
            *name == descr || name.starts_with('|') && name.get(1..) == descr.strip_prefix('<')
        });
        known.map(|(dtype, ..)| dtype).ok_or_else(|| {
            let descr: String = descr
                .chars()
                .take(32)
                .flat_map(char::escape_debug)
                .collect();
            match descr.strip_prefix(['|', '<', '>', '=']) {
                Some(kind) if kind.starts_with('O') => Fault::Objects { descr },
                _ if descr.starts_with('>') => Fault::BigEndian { descr },
                _ => Fault::Dtype { descr },
            }
        })
    }
}

/// Reads the dict; what is wrong with it is said with its place.
pub(super) fn parse(text: &[u8]) -> Result<Header, String> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.expect(b'{')?;
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    while !cursor.take(b'}') {
        let key = cursor.string()?;
        cursor.expect(b':')?;
        let twice = match key {
            "descr" => descr.replace(cursor.descr()?).is_some(),
            "fortran_order" => fortran_order.replace(cursor.boolean()?).is_some(),
            "shape" => shape.replace(cursor.shape()?).is_some(),
            _ => return Err(cursor.expected("descr, fortran_order or shape")),
        };
        if twice {
            return Err(format!("{key} is there twice"));
        }
        if !cursor.take(b',') {
            cursor.expect(b'}')?;
            break;
        }
    }
    cursor.skip_space();
    if cursor.at < text.len() {
        return Err(cursor.expected("nothing after the dict"));
    }
    let missing = |key: &str| format!("{key} is missing");
    Ok(Header {
        descr: descr.ok_or_else(|| missing("descr"))?,
        fortran_order: fortran_order.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn expected(&self, what: &str) -> String {
        format!("expected {what} at byte {}", self.at)
    }

    fn skip_space(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        match self.take(byte) {
            true => Ok(()),
            false => Err(self.expected(&format!("`{}`", char::from(byte)))),
        }
    }

    /// Takes bytes while they are of a kind.
    fn run(&mut self, of: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|&&byte| of(byte)).count();
        let run = rest.get(..length).unwrap_or_default();
        self.at += length;
        std::str::from_utf8(run).unwrap_or_default()
    }

    /// A string without escapes: none of the keys and types has any.
    fn string(&mut self) -> Result<&'a str, String> {
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err(self.expected("a string")),
        };
        self.at += 1;
        let string = self.run(|byte| byte != quote && byte.is_ascii_graphic() && byte != b'\\');
        match self.text.get(self.at) {
            Some(&end) if end == quote => {
                self.at += 1;
                Ok(string)
            }
            _ => Err(self.expected("the end of a string")),
        }
    }

    /// The type: a string; a list is a structured array's, which is not looked into.
    fn descr(&mut self) -> Result<Option<String>, String> {
        if self.peek() != Some(b'[') {
            return Ok(Some(self.string()?.to_owned()));
        }
        let mut open = 0_usize;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'[' | b'(' => open += 1,
                b']' | b')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(None);
            }
        }
        Err(self.expected("the end of a list"))
    }

    fn boolean(&mut self) -> Result<bool, String> {
        self.skip_space();
        match self.run(|byte| byte.is_ascii_alphabetic()) {
            "True" => Ok(true),
            "False" => Ok(false),
            _ => Err(self.expected("True or False before")),
        }
    }

    fn shape(&mut self) -> Result<Vec<u64>, String> {
        self.expect(b'(')?;
        let mut shape = Vec::new();
        while !self.take(b')') {
            self.skip_space();
            let axis = self.run(|byte| byte.is_ascii_digit());
            let size = axis
                .parse()
                .map_err(|_| self.expected("the size of an axis before"))?;
            if shape.len() == MAX_AXES {
                return Err(format!("more than {MAX_AXES} axes"));
            }
            shape.push(size);
            // `(3)` is a number in Python, but nobody writes it.
            if !self.take(b',') {
                self.expect(b')')?;
                break;
            }
        }
        Ok(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::{Header, parse};

    fn header(descr: &str, fortran_order: bool, shape: &[u64]) -> Header {
        Header {
            descr: Some(descr.to_owned()),
            fortran_order,
            shape: shape.to_vec(),
        }
    }

    #[test]
    fn what_writers_write() {
        for (text, expected) in [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n",
                header("<f4", false, &[3, 4]),
            ),
            (
                "{'descr': '|u1', 'fortran_order': True, 'shape': (5,), }\n",
                header("|u1", true, &[5]),
            ),
            (
                "{\"shape\":(),\"descr\":\"<i8\",\"fortran_order\":False}",
                header("<i8", false, &[]),
            ),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
        }
        let structured =
            "{'descr': [('a', '<f4', (2,)), ('b', '|O')], 'fortran_order': False, 'shape': (3,), }";
        assert_eq!(
            parse(structured.as_bytes()).map(|header| header.descr),
            Ok(None)
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, expected) in [
            ("", "expected `{` at byte 0"),
            ("{}", "descr is missing"),
            ("{'descr': '<f4'}", "fortran_order is missing"),
            (
                "{'descr': '<f4', 'fortran_order': False}",
                "shape is missing",
            ),
            ("{'descr': '<f4', 'descr': '<f4'}", "descr is there twice"),
            ("{'colour': 1}", "expected descr, fortran_order or shape"),
            ("{'descr': 4}", "expected a string at byte 10"),
            ("{'descr': '<f4}", "the end of a string"),
            ("{'descr': [('a', '<f4')", "the end of a list"),
            ("{'fortran_order': 0}", "True or False"),
            ("{'shape': 3}", "expected `(`"),
            ("{'shape': (-3,)}", "the size of an axis"),
            ("{'shape': (99999999999999999999,)}", "the size of an axis"),
            ("{'shape': (3 4)}", "expected `)`"),
            ("{'descr': '<f4' 'shape': ()}", "expected `}`"),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': ()} x",
                "nothing after the dict",
            ),
        ] {
            let found = parse(text.as_bytes()).expect_err("refused");
            assert!(found.contains(expected), "{text}: {found}");
        }
        let axes = format!("{{'shape': ({})}}", "1,".repeat(65));
        assert_eq!(parse(axes.as_bytes()), Err("more than 64 axes".to_owned()));
        let nested = format!("{{'shape': {}", "(".repeat(9_000));
        assert!(parse(nested.as_bytes()).is_err());
    }
}
