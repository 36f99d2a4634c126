//! A list with named columns, and the ways to print it.

use std::fmt::Write as _;

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A line of names, a line each, and how many; separated by this character.
    Text(char),
    /// One object.
    Json,
    /// `<result>` of `<row>`s.
    Xml,
}

impl Format {
    /// Reads what follows `as`; the error is the word that is no format.
    pub(super) fn parse<'w>(words: &[&'w str]) -> Result<Self, &'w str> {
        match words.first().copied() {
            None => Ok(Self::Text(',')),
            Some(word) if word.eq_ignore_ascii_case("json") => Ok(Self::Json),
            Some(word) if word.eq_ignore_ascii_case("xml") => Ok(Self::Xml),
            Some(word) if word.eq_ignore_ascii_case("delim") => {
                Ok(Self::Text(words.get(1).and_then(|word| word.chars().next()).unwrap_or(',')))
            }
            Some(word) => Err(word),
        }
    }
}

/// A list.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[impl ToString]) -> Self {
        Self { columns: columns.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// Adds a row: a value for each column; what is missing is empty.
    pub(super) fn row(&mut self, values: impl IntoIterator<Item = String>) {
        let mut values: Vec<String> = values.into_iter().collect();
        values.resize(self.columns.len(), String::new());
        self.rows.push(values);
    }

    /// Adds an entry of a table of names, unless another name or module is asked for.
    pub(super) fn entry(&mut self, asked: Option<&str>, name: &str, rest: [&str; 3]) {
        let [_, _, module] = rest;
        if asked.is_none_or(|asked| asked == name || asked == module) {
            self.row(std::iter::once(name).chain(rest).map(str::to_owned));
        }
    }

    /// Keeps the rows in which the text stands.
    pub(super) fn keep(&mut self, text: &str) {
        self.rows.retain(|row| row.iter().any(|value| value.contains(text)));
    }

    /// Only how many there are.
    pub(super) fn count(&self, format: Format) -> String {
        let count = self.rows.len();
        match format {
            Format::Text(_) => format!("\n{count} total.\n"),
            Format::Json => format!("{{\"row_count\":{count},\"rows\":[]}}"),
            Format::Xml => format!("<result row_count=\"{count}\"></result>\n"),
        }
    }

    pub(super) fn print(&self, format: Format) -> String {
        match format {
            Format::Text(separator) => self.text(separator),
            Format::Json => self.json(),
            Format::Xml => self.xml(),
        }
    }

    fn text(&self, separator: char) -> String {
        let mut text = String::new();
        if !self.rows.is_empty() {
            let separator = separator.encode_utf8(&mut [0; 4]).to_owned();
            text.push_str(&self.columns.join(&separator));
            text.push('\n');
            for row in &self.rows {
                text.push_str(&row.join(&separator));
                text.push('\n');
            }
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{} total.\n", self.rows.len());
        text
    }

    fn json(&self) -> String {
        if self.rows.is_empty() {
            return "{\"row_count\": 0}\n".to_owned();
        }
        let rows: Vec<serde_json::Value> = self
            .rows
            .iter()
            .map(|row| {
                let pairs = self.columns.iter().zip(row);
                pairs
                    .map(|(name, value)| (name.clone(), serde_json::Value::from(value.as_str())))
                    .collect()
            })
            .collect();
        serde_json::json!({ "row_count": rows.len(), "rows": rows }).to_string()
    }

    fn xml(&self) -> String {
        if self.rows.is_empty() {
            return "<result row_count=\"0\"/>\n".to_owned();
        }
        let mut text = format!("<result row_count=\"{}\">\n", self.rows.len());
        for (number, row) in self.rows.iter().enumerate() {
            let _ = writeln!(text, "  <row row_id=\"{}\">", number + 1);
            for (name, value) in self.columns.iter().zip(row) {
                let value = quick_xml::escape::escape(value.as_str());
                let _ = writeln!(text, "    <{name}>{value}</{name}>");
            }
            text.push_str("  </row>\n");
        }
        text.push_str("</result>\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> Table {
        let mut table = Table::new(&["name", "ikey"]);
        for _ in 0..rows {
            table.row(["a<b".to_owned(), "x".to_owned()]);
        }
        table
    }

    #[test]
    fn an_empty_list_looks_as_in_freeswitch() {
        assert_eq!(table(0).print(Format::Text(',')), "\n0 total.\n");
        assert_eq!(table(0).print(Format::Json), "{\"row_count\": 0}\n");
        assert_eq!(table(0).print(Format::Xml), "<result row_count=\"0\"/>\n");
        assert_eq!(table(0).count(Format::Json), "{\"row_count\":0,\"rows\":[]}");
        assert_eq!(table(0).count(Format::Xml), "<result row_count=\"0\"></result>\n");
    }

    #[test]
    fn a_row_looks_as_in_freeswitch() {
        assert_eq!(table(1).print(Format::Text('|')), "name|ikey\na<b|x\n\n1 total.\n");
        assert_eq!(
            table(1).print(Format::Json),
            "{\"row_count\":1,\"rows\":[{\"name\":\"a<b\",\"ikey\":\"x\"}]}"
        );
        assert_eq!(
            table(1).print(Format::Xml),
            "<result row_count=\"1\">\n  <row row_id=\"1\">\n    <name>a&lt;b</name>\n    \
             <ikey>x</ikey>\n  </row>\n</result>\n"
        );
    }
}
