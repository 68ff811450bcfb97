//! `plenum licences`: what others wrote and is in the programs, by `.ci/third-party`.

use anyhow::Result;

use crate::print;

const NOTICES: &str = include_str!("../../third-party/dist/notices.txt");
const BILL: &str = include_str!("../../third-party/dist/sbom.cdx.json");

pub(crate) fn run(sbom: bool) -> Result<()> {
    print::whole(if sbom { BILL } else { NOTICES }.as_bytes())
}
