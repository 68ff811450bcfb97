//! What comes from a client's socket, packet by packet. A packet's length is known before its bytes are read, so that it can be refused
//! without being held.

use bytes::{Buf, BytesMut};
use rmqtt_codec::error::DecodeError;
use rmqtt_codec::version::{ProtocolVersion, VersionCodec};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::codec::Decoder;

use super::packets::{Codec, Said};

/// What is read at once where no longer packet is expected.
const CHUNK: usize = 4 << 10;
/// A topic in a packet that is not held; those of ours have 139 bytes at most.
const LONGEST_TOPIC: usize = 1 << 10;
/// The longest fixed header: the kind and four bytes of length.
const HEADER: usize = 5;

/// Why nothing more is read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("the client closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(#[from] std::io::Error),
    #[error("not a packet of MQTT: {0}")]
    Malformed(#[from] DecodeError),
}

/// What a packet's first bytes say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Its first byte.
    kind: u8,
    /// Bytes of the fixed header.
    header: usize,
    /// Bytes that follow it.
    pub(super) length: usize,
}

impl Head {
    fn of(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let mut length = 0;
        let Some((&kind, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        for (index, &byte) in rest.iter().take(HEADER - 1).enumerate() {
            length |= usize::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return Ok(Some(Self {
                    kind,
                    header: 2 + index,
                    length,
                }));
            }
        }
        match rest.len() < HEADER - 1 {
            true => Ok(None),
            false => Err(DecodeError::InvalidLength),
        }
    }

    pub(super) fn is_connect(self) -> bool {
        self.kind >> 4 == 1
    }

    pub(super) fn is_publish(self) -> bool {
        self.kind >> 4 == 3
    }

    /// Its quality of service, where it is a publication.
    fn quality(self) -> u8 {
        self.kind >> 1 & 0b11
    }
}

/// A publication that was not held: where to, and under which number and quality it wants an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) topic: String,
    pub(super) quality: u8,
    pub(super) number: Option<u16>,
}

/// A socket's reading half with what was read ahead.
#[derive(Debug)]
pub(super) struct Reader<S> {
    socket: S,
    buffer: BytesMut,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(super) fn new(socket: S) -> Self {
        Self {
            socket,
            buffer: BytesMut::new(),
        }
    }

    /// The next packet's head. Nothing is lost when this is given up half-way.
    pub(super) async fn head(&mut self) -> Result<Head, ReadError> {
        loop {
            if let Some(head) = Head::of(&self.buffer)? {
                return Ok(head);
            }
            self.fill(CHUNK).await?;
        }
    }

    /// The version that a first packet is written in.
    pub(super) async fn version(&mut self, head: Head) -> Result<ProtocolVersion, ReadError> {
        self.whole(head).await?;
        let version = VersionCodec.decode(&mut self.buffer)?;
        Ok(version.ok_or(DecodeError::InvalidLength)?)
    }

    /// The packet whose head was read.
    pub(super) async fn packet(&mut self, head: Head, codec: &mut Codec) -> Result<Said, ReadError> {
        self.whole(head).await?;
        Ok(codec.read(&mut self.buffer)?)
    }

    /// Reads a publication and holds nothing of it but its topic and number.
    pub(super) async fn skip(&mut self, head: Head) -> Result<Skipped, ReadError> {
        let (quality, length) = (head.quality(), head.length);
        let short = || ReadError::Malformed(DecodeError::InvalidLength);
        self.at_least(head.header + 2.min(length)).await?;
        self.buffer.advance(head.header);
        if length < 2 {
            return Err(short());
        }
        let topic = usize::from(self.buffer.get_u16());
        let number = if quality > 0 { 2 } else { 0 };
        let mut left = (length - 2).checked_sub(topic + number).ok_or_else(short)?;
        if topic > LONGEST_TOPIC {
            return Err(ReadError::Malformed(DecodeError::InvalidTopicName));
        }
        self.at_least(topic + number).await?;
        let topic = self.buffer.split_to(topic);
        let topic = String::from_utf8(topic.to_vec()).map_err(|_| DecodeError::Utf8Error)?;
        let number = (quality > 0).then(|| self.buffer.get_u16());
        while left > 0 {
            self.at_least(1).await?;
            let taken = left.min(self.buffer.len());
            self.buffer.advance(taken);
            left -= taken;
        }
        Ok(Skipped {
            topic,
            quality,
            number,
        })
    }

    /// Reads until the client is gone, and forgets it.
    pub(super) async fn drain(&mut self) {
        while self.fill(CHUNK).await.is_ok() {
            self.buffer.clear();
        }
    }

    async fn whole(&mut self, head: Head) -> Result<(), ReadError> {
        self.at_least(head.header + head.length).await
    }

    async fn at_least(&mut self, bytes: usize) -> Result<(), ReadError> {
        while self.buffer.len() < bytes {
            self.fill((bytes - self.buffer.len()).max(CHUNK)).await?;
        }
        Ok(())
    }

    async fn fill(&mut self, room: usize) -> Result<(), ReadError> {
        self.buffer.reserve(room);
        match self.socket.read_buf(&mut self.buffer).await? {
            0 => Err(ReadError::Closed),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_from_as_few_bytes_as_it_has() {
        let head = |bytes: &[u8]| Head::of(bytes).map(|head| head.map(|head| (head.header, head.length)));
        for (bytes, expected) in [
            (&[][..], None),
            (&[0x30], None),
            (&[0x30, 0x05], Some((2, 5))),
            (&[0x30, 0x80], None),
            (&[0x30, 0x80, 0x80, 0x40], Some((4, 1 << 20))),
            (&[0x30, 0xff, 0xff, 0xff, 0x7f], Some((5, 268_435_455))),
        ] {
            assert_eq!(head(bytes).unwrap(), expected, "{bytes:?}");
        }
        assert!(head(&[0x30, 0xff, 0xff, 0xff, 0xff]).is_err());
    }

    #[tokio::test]
    async fn a_skipped_publication_leaves_the_next_packet_whole() {
        let mut bytes = vec![0x32, 0x80, 0x10];
        bytes.extend([0, 5]);
        bytes.extend(b"a/b/c");
        bytes.extend([0x12, 0x34]);
        bytes.resize(3 + 2_048, b'x');
        bytes.extend([0xc0, 0x00]);
        let mut reader = Reader::new(&bytes[..]);
        let head = reader.head().await.unwrap();
        assert!(head.is_publish() && !head.is_connect());
        let skipped = reader.skip(head).await.unwrap();
        let expected = Skipped {
            topic: "a/b/c".to_owned(),
            quality: 1,
            number: Some(0x1234),
        };
        assert_eq!(skipped, expected);
        let head = reader.head().await.unwrap();
        let mut codec = Codec::new(ProtocolVersion::MQTT5);
        assert!(matches!(reader.packet(head, &mut codec).await, Ok(Said::Ping)));
        assert!(matches!(reader.head().await, Err(ReadError::Closed)));
    }

    #[tokio::test]
    async fn a_topic_longer_than_its_packet_is_malformed() {
        for bytes in [
            &[0x30, 0x01, 0x00][..],
            &[0x30, 0x03, 0xff, 0xff, 0x00],
            &[0x32, 0x03, 0, 1, b'x'],
        ] {
            let mut reader = Reader::new(bytes);
            let head = reader.head().await.unwrap();
            let error = reader.skip(head).await.unwrap_err();
            assert!(matches!(error, ReadError::Malformed(_)), "{bytes:?}: {error}");
        }
    }
}
