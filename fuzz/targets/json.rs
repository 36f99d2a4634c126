//! The JSON that scripts read (`freeswitch.JSON`, `cjson`): any bytes are a value or an error that says
//! where. It is the guest's own reader, built for this machine.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../lua-guest/src/json/read.rs"]
mod read;
#[path = "../../lua-guest/src/json/value.rs"]
mod value;

use value::{Json, MAX_DEPTH};

impl Json {
    /// How deep it is, and whether all its numbers are some.
    fn depth(&self) -> usize {
        match self {
            Self::Null | Self::Flag(_) | Self::Integer(_) | Self::String(_) => 0,
            Self::Real(number) => {
                assert!(!number.is_nan(), "no text is a number that is none");
                0
            }
            Self::Array(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Object(members) => {
                1 + members.iter().map(|(_, value)| value.depth()).max().unwrap_or(0)
            }
        }
    }
}

fuzz_target!(|text: &[u8]| {
    match read::read(text) {
        Ok(value) => {
            assert!(value.depth() <= MAX_DEPTH + 1);
            // Blanks around a value change nothing.
            let spaced = [b" \t\r\n", text, b" \n"].concat();
            assert_eq!(read::read(&spaced), Ok(value));
        }
        Err(why) => assert!(!why.is_empty()),
    }
});
