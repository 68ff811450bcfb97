//! Who holds a chip that the kernel does not give away (EBUSY), and by which driver of ours it can be read all the same.

use std::path::{Path, PathBuf};

/// Where the kernel lists the chips of its I2C buses.
pub(super) const DEVICES: &str = "/sys/bus/i2c/devices";

/// The words for whoever wants to read the chip at `address` of the bus whose file is `bus`.
pub(super) fn advice(devices: &Path, bus: &Path, address: u8) -> String {
    let found = place(bus, address).and_then(|place| {
        let folder = devices.join(&place);
        let driver = std::fs::canonicalize(folder.join("driver")).ok()?;
        Some((driver.file_name()?.to_string_lossy().into_owned(), folder, place))
    });
    let Some((driver, folder, place)) = found else {
        return "a kernel driver holds this device (EBUSY): read it with driver = \"hwmon\" or \"iio\" instead, or remove the kernel's \
                driver (dtoverlay in config.txt, or delete_device of the bus under /sys/bus/i2c/devices)"
            .to_owned();
    };
    let way = match shown_by(&folder) {
        Some((kind, chip)) => {
            format!("read it with driver = \"{kind}\", chip = \"{chip}\", device = \"{place}\" instead, or")
        }
        None => "it is not one that shows values:".to_owned(),
    };
    format!(
        "the kernel's driver {driver} holds this device (EBUSY): {way} let it go with `echo {place} > \
         /sys/bus/i2c/drivers/{driver}/unbind` and without its dtoverlay in config.txt"
    )
}

/// The chip's folder, as `1-0048`.
fn place(bus: &Path, address: u8) -> Option<String> {
    let number: u32 = bus.file_name()?.to_str()?.strip_prefix("i2c-")?.parse().ok()?;
    Some(format!("{number}-{address:04x}"))
}

/// Which of our drivers sees it, and the name that it has there.
fn shown_by(folder: &Path) -> Option<(&'static str, String)> {
    let name = |folder: &PathBuf| {
        std::fs::read_to_string(folder.join("name"))
            .ok()
            .map(|name| name.trim().to_owned())
    };
    let below = |folder: &Path, begins: &str| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut folders = entries.map(|entry| entry.path());
        folders.find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(begins))
        })
    };
    let hwmon = below(&folder.join("hwmon"), "hwmon").as_ref().and_then(name);
    let iio = || below(folder, "iio:device").as_ref().and_then(name);
    hwmon
        .map(|chip| ("hwmon", chip))
        .or_else(|| iio().map(|chip| ("iio", chip)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn check(name: Option<&str>, words: &[&str]) {
        let root = tempfile::tempdir().unwrap();
        let (devices, driver) = (root.path().join("devices"), root.path().join("drivers/lm75"));
        let chip = devices.join("1-0048");
        fs::create_dir_all(&chip).unwrap();
        fs::create_dir_all(&driver).unwrap();
        symlink(&driver, chip.join("driver")).unwrap();
        if let Some(name) = name {
            fs::create_dir_all(chip.join(name)).unwrap();
            fs::write(chip.join(name).join("name"), "tmp105\n").unwrap();
        }
        let advice = advice(&devices, Path::new("/dev/i2c-1"), 0x48);
        for word in words {
            assert!(advice.contains(word), "{advice}");
        }
    }

    #[test]
    fn its_driver_and_the_way_out_are_named() {
        let held = "the kernel's driver lm75 holds this device (EBUSY)";
        let unbind = "echo 1-0048 > /sys/bus/i2c/drivers/lm75/unbind";
        let way = "driver = \"hwmon\", chip = \"tmp105\", device = \"1-0048\" instead";
        check(Some("hwmon/hwmon3"), &[held, way, unbind]);
        let way = "driver = \"iio\", chip = \"tmp105\", device = \"1-0048\" instead";
        check(Some("iio:device0"), &[held, way, unbind]);
        check(None, &[held, "not one that shows values", unbind]);
    }

    #[test]
    fn where_it_cannot_be_known_both_ways_are() {
        for bus in ["/dev/i2c-7", "/dev/bus", "/dev/i2c-x"] {
            let advice = advice(Path::new("/nowhere"), Path::new(bus), 0x48);
            assert!(advice.contains("\"hwmon\" or \"iio\""), "{advice}");
        }
    }
}
