//! Any bytes of a connection that should carry datagrams, in two pieces.

use media::framing::Framing;

/// The first byte says where the rest is cut.
pub fn run(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    let (first, second) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let (mut whole, mut pieces) = (vec![], vec![]);
    let at_once = Framing::default().take(bytes, |datagram| whole.push(datagram.to_vec()));
    let mut framing = Framing::default();
    let mut take = |piece: &[u8]| framing.take(piece, |datagram| pieces.push(datagram.to_vec()));
    let cut_up = take(first).and_then(|()| take(second));
    assert_eq!((at_once, whole), (cut_up, pieces));
}
