//! The GSM 7-bit default alphabet with its extension table (TS 23.038, 6.2.1), and septets packed into octets (6.1.2.1).

/// By code. 0x1B leads to the extension table.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', //
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1B}', 'Æ', 'æ', 'ß', 'É', //
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', //
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', //
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', //
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', //
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', //
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

const ESCAPE: u8 = 0x1B;

/// Behind the escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// One or two septets; none where the alphabet does not have the character.
pub(super) fn septets(character: char) -> Option<([u8; 2], usize)> {
    if let Some((code, _)) = EXTENSION.iter().find(|(_, other)| *other == character) {
        return Some(([ESCAPE, *code], 2));
    }
    let code = BASIC.iter().position(|other| *other == character)?;
    (code != usize::from(ESCAPE)).then_some(([code as u8, 0], 1))
}

/// The text of septets. Behind an escape whatever the extension table does not have is read in the basic one, as the standard asks.
pub(super) fn text(septets: &[u8]) -> String {
    let mut text = String::with_capacity(septets.len());
    let mut escaped = false;
    for septet in septets {
        let basic = BASIC[usize::from(septet & 0x7F)];
        let extended = EXTENSION.iter().find(|(code, _)| escaped && code == septet);
        match extended {
            Some((_, character)) => text.push(*character),
            None if *septet == ESCAPE && !escaped => {
                escaped = true;
                continue;
            }
            // Reserved for yet another table, and a space until there is one.
            None if *septet == ESCAPE => text.push(' '),
            None => text.push(basic),
        }
        escaped = false;
    }
    text
}

/// Packs septets behind so many fill bits.
pub(super) fn pack(septets: &[u8], fill: usize) -> Vec<u8> {
    let mut bytes = vec![0; (fill + septets.len() * 7).div_ceil(8)];
    for (number, septet) in septets.iter().enumerate() {
        let at = fill + number * 7;
        let bits = u16::from(*septet) << (at % 8);
        bytes[at / 8] |= bits as u8;
        if let Some(next) = bytes.get_mut(at / 8 + 1) {
            *next |= (bits >> 8) as u8;
        }
    }
    bytes
}

/// So many septets out of octets, behind fill bits; fewer where the octets end.
pub(super) fn unpack(bytes: &[u8], count: usize, fill: usize) -> Vec<u8> {
    let septet = |number: usize| {
        let at = fill + number * 7;
        let low = u16::from(*bytes.get(at / 8)?);
        let high = bytes.get(at / 8 + 1).copied();
        // What lies over the end of the last octet is missing unless the septet ends with it.
        if high.is_none() && at % 8 > 1 {
            return None;
        }
        let bits = low | u16::from(high.unwrap_or(0)) << 8;
        Some((bits >> (at % 8)) as u8 & 0x7F)
    };
    (0..count).map_while(septet).collect()
}
