//! Chips that people mount in server rooms: what they measure, and how the kernel is told that they are there.

use plenum_protocol::Quantity;

const CLIMATE: &[Quantity] = &[Quantity::Temperature, Quantity::Humidity, Quantity::DewPoint];
const WEATHER: &[Quantity] = &[
    Quantity::Temperature,
    Quantity::Humidity,
    Quantity::DewPoint,
    Quantity::Pressure,
];
const BAROMETER: &[Quantity] = &[Quantity::Temperature, Quantity::Pressure];
const AIR: &[Quantity] = &[
    Quantity::Co2,
    Quantity::Temperature,
    Quantity::Humidity,
    Quantity::DewPoint,
];
const VOLTAGE: &[Quantity] = &[Quantity::Voltage];

/// A chip by the beginning of its name, what it measures, the module that reads it, and the line in config.txt of a Raspberry Pi that loads it.
type Row = (&'static str, &'static [Quantity], &'static str, &'static str);

const CHIPS: &[Row] = &[
    ("bme280", WEATHER, "bmp280-i2c", "i2c-sensor,bme280,addr=0x76"),
    ("bmp280", BAROMETER, "bmp280-i2c", "i2c-sensor,bmp280,addr=0x76"),
    ("bmp180", BAROMETER, "bmp280-i2c", "i2c-sensor,bmp180"),
    ("bmp380", BAROMETER, "bmp280-i2c", "i2c-sensor,bmp380,addr=0x76"),
    ("bme680", WEATHER, "bme680_i2c", "i2c-sensor,bme680,addr=0x76"),
    ("dht11", CLIMATE, "dht11", "dht11,gpiopin=4"),
    ("si7020", CLIMATE, "si7020", "i2c-sensor,si7020"),
    ("htu21", CLIMATE, "htu21", "i2c-sensor,htu21"),
    ("hdc100", CLIMATE, "hdc100x", "i2c-sensor,hdc100x"),
    ("hdc3020", CLIMATE, "hdc3020", ""),
    ("hts221", CLIMATE, "hts221_i2c", ""),
    ("scd4", AIR, "scd4x", ""),
    ("ads1015", VOLTAGE, "ti-ads1015", "ads1015"),
    ("ads1115", VOLTAGE, "ti-ads1015", "ads1115"),
    ("mcp3008", VOLTAGE, "mcp320x", "mcp3008:spi0-0-present"),
];

fn row(chip: &str) -> Option<&'static Row> {
    CHIPS.iter().find(|(name, ..)| chip.starts_with(name))
}

/// What a chip is taken to have as long as it was never seen.
pub(super) fn quantities(chip: &str) -> Vec<Quantity> {
    row(chip).map_or_else(|| vec![Quantity::Temperature], |(_, has, ..)| has.to_vec())
}

/// What to try where the kernel shows no such chip.
pub(super) fn missing(chip: &str) -> String {
    match row(chip) {
        Some((_, _, module, "")) => {
            format!(
                "its kernel driver is {module}: `modprobe {module}`, then name the chip to its bus (new_device)"
            )
        }
        Some((_, _, module, overlay)) => {
            format!(
                "its kernel driver is {module}: on a Raspberry Pi write dtoverlay={overlay} into config.txt, with its own address or line, and start it \
                 again"
            )
        }
        None => "a missing one needs its dtoverlay or module".to_owned(),
    }
}
