//! Every quantity, a row each: what it is on the wire, how it is shown, and what people call it. Nothing else lists them; what does in the
//! web application and in docs/reference is written from here by `.ci/write`.
//!
//! | begins with | columns |
//! |---|---|
//! | `number` | name; SenML unit; least and greatest value that a working sensor can mean, in that unit; how it is shown |
//! | `boolean`, `flag` | name; its states in English, then in Dutch: false, true |
//! | `called` | in an English sentence; on English screens; on Dutch ones |

use super::row::{Row, boolean, flag, number, shown};

macro_rules! quantities {
    ($($(#[$about:meta])* $variant:ident = $row:expr;)*) => {
        /// A measured quantity. The list is closed: an unknown name is a bad record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quantity { $($(#[$about])* $variant,)* }

        impl Quantity {
            /// Every quantity, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
        }

        /// In the order of the variants.
        pub(super) const ROWS: &[Row] = &[$($row,)*];
    };
}

quantities! {
    /// Air or surface temperature.
    Temperature = number("temperature", "Cel", (-60.0, 150.0), shown("°C", 1.0, 1))
        .called("temperature", "Temperature", "Temperatuur");
    /// Relative humidity.
    Humidity = number("humidity", "%RH", (0.0, 100.0), shown("%RH", 1.0, 0))
        .called("humidity", "Humidity", "Vochtigheid");
    /// Dew point, by Magnus with a = 17.625 and b = 243.04 C.
    DewPoint = number("dew-point", "Cel", (-80.0, 100.0), shown("°C", 1.0, 1))
        .called("dew point", "Dew point", "Dauwpunt");
    /// Air pressure.
    Pressure = number("pressure", "Pa", (30_000.0, 120_000.0), shown("hPa", 0.01, 0))
        .called("pressure", "Pressure", "Luchtdruk");
    /// Pressure between two places.
    DifferentialPressure = number("differential-pressure", "Pa", (-10_000.0, 10_000.0), shown("Pa", 1.0, 1))
        .called("differential pressure", "Differential pressure", "Drukverschil");
    /// Voltage of a supply.
    Voltage = number("voltage", "V", (0.0, 1000.0), shown("V", 1.0, 0))
        .called("voltage", "Voltage", "Spanning");
    /// Voltage at a UPS's input.
    InputVoltage = number("input-voltage", "V", (0.0, 1000.0), shown("V", 1.0, 0))
        .called("input voltage", "Input voltage", "Ingangsspanning");
    /// Voltage at a UPS's output.
    OutputVoltage = number("output-voltage", "V", (0.0, 1000.0), shown("V", 1.0, 0))
        .called("output voltage", "Output voltage", "Uitgangsspanning");
    /// Voltage of a battery or of one cell.
    BatteryVoltage = number("battery-voltage", "V", (0.0, 1000.0), shown("V", 1.0, 1))
        .called("battery voltage", "Battery voltage", "Accuspanning");
    /// Current.
    Current = number("current", "A", (-10_000.0, 10_000.0), shown("A", 1.0, 1))
        .called("current", "Current", "Stroom");
    /// Active power.
    Power = number("power", "W", (-1_000_000.0, 10_000_000.0), shown("kW", 0.001, 1))
        .called("power", "Power", "Vermogen");
    /// Apparent power.
    ApparentPower = number("apparent-power", "VA", (0.0, 10_000_000.0), shown("kVA", 0.001, 1))
        .called("apparent power", "Apparent power", "Schijnbaar vermogen");
    /// Frequency of a supply.
    Frequency = number("frequency", "Hz", (0.0, 1000.0), shown("Hz", 1.0, 1))
        .called("frequency", "Frequency", "Frequentie");
    /// Load as a ratio of the rating; 1 is full load.
    Load = number("load", "/", (0.0, 3.0), shown("%", 100.0, 0))
        .called("load", "Load", "Belasting");
    /// Charge of a battery in percent.
    BatteryCharge = number("battery-charge", "%EL", (0.0, 100.0), shown("%", 1.0, 0))
        .called("battery charge", "Charge", "Lading");
    /// Seconds that a battery still lasts at this load.
    BatteryRuntime = number("battery-runtime", "EL", (0.0, 1_000_000.0), shown("min", 1.0 / 60.0, 0))
        .called("battery runtime", "Runtime", "Accutijd");
    /// Temperature of a battery.
    BatteryTemperature = number("battery-temperature", "Cel", (-40.0, 120.0), shown("°C", 1.0, 1))
        .called("battery temperature", "Battery temperature", "Accutemperatuur");
    /// Share of carbon dioxide in the air as a ratio; 400 ppm is 0.0004.
    Co2 = number("co2", "/", (0.0, 1.0), shown("ppm", 1e6, 0))
        .called("CO2", "CO₂", "CO₂");
    /// Mass of fine particles in the air.
    Particles = number("particles", "kg/m3", (0.0, 1.0), shown("µg/m³", 1e9, 0))
        .called("particles", "Particles", "Fijnstof");
    /// Filling of a tank as a ratio.
    Level = number("level", "/", (0.0, 1.0), shown("%", 100.0, 0))
        .called("level", "Level", "Niveau");
    /// Time since something happened.
    Age = number("age", "s", (0.0, 1_000_000_000.0), shown("h", 1.0 / 3_600.0, 1))
        .called("age", "Age", "Ouderdom");
    /// A smoke detector has tripped.
    Smoke = boolean("smoke", ["no smoke", "smoke"], ["geen rook", "rook"])
        .called("smoke", "Smoke", "Rook");
    /// A leak detector is wet.
    Water = boolean("water", ["dry", "wet"], ["droog", "nat"])
        .called("water", "Water", "Lekkage");
    /// A door is open.
    DoorOpen = boolean("door-open", ["shut", "open"], ["dicht", "open"])
        .called("door open", "Door", "Deur");
    /// Mains voltage is there.
    MainsPresent = boolean("mains-present", ["lost", "present"], ["weg", "aanwezig"])
        .called("mains present", "Mains", "Netspanning");
    /// The generator runs.
    GeneratorRunning = boolean("generator-running", ["standby", "running"], ["stand-by", "draait"])
        .called("generator running", "Generator", "Noodaggregaat");
    /// The generator carries the load.
    GeneratorCarrying = boolean("generator-carrying", ["no load", "carries the load"], ["geen last", "draagt de last"])
        .called("generator carrying", "Generator load", "Last op aggregaat");
    /// A cooling unit reports a fault.
    CoolingFault = boolean("cooling-fault", ["no fault", "fault"], ["geen storing", "storing"])
        .called("cooling fault", "Fault contact", "Storingscontact");
    /// A cooling unit runs.
    CoolingRunning = boolean("cooling-running", ["off", "running"], ["uit", "draait"])
        .called("cooling running", "Operation", "Bedrijf");
    /// The extinguishing system was released.
    ExtinguisherReleased = boolean("extinguisher-released", ["ready", "released"], ["gereed", "geblust"])
        .called("extinguisher released", "Extinguisher", "Blusinstallatie");
    /// A fault contact of another device.
    ContactFault = boolean("contact-fault", ["no fault", "fault"], ["geen storing", "storing"])
        .called("contact fault", "Fault contact", "Storingscontact");
    /// The UPS runs on mains (NUT: OL).
    UpsOnLine = flag("ups-on-line", ["not on mains", "on mains"], ["niet op het net", "op het net"])
        .called("UPS on line", "On mains", "Op het net");
    /// The UPS runs on its battery (NUT: OB).
    UpsOnBattery = flag("ups-on-battery", ["not on battery", "on battery"], ["niet op accu", "op accu"])
        .called("UPS on battery", "On battery", "Op accu");
    /// The UPS says that its battery is low (NUT: LB).
    UpsBatteryLow = flag("ups-battery-low", ["not low", "battery low"], ["niet laag", "accu laag"])
        .called("UPS battery low", "Battery", "Accu");
    /// The UPS asks for a new battery (NUT: RB).
    UpsReplaceBattery = flag("ups-replace-battery", ["good", "replace battery"], ["goed", "accu vervangen"])
        .called("UPS replace battery", "Battery state", "Accutoestand");
    /// The UPS passes mains through unprotected (NUT: BYPASS).
    UpsBypass = flag("ups-bypass", ["no", "on bypass"], ["nee", "op bypass"])
        .called("UPS bypass", "Bypass", "Bypass");
    /// The UPS raises or lowers its input (NUT: BOOST, TRIM).
    UpsBoost = flag("ups-boost", ["no", "boosts or trims"], ["nee", "boost of trim"])
        .called("UPS boost", "Boost or trim", "Boost of trim");
    /// The load is more than the UPS can carry (NUT: OVER).
    UpsOverload = flag("ups-overload", ["no", "overloaded"], ["nee", "overbelast"])
        .called("UPS overload", "Overload", "Overbelasting");
    /// The UPS gives no output (NUT: OFF).
    UpsOff = flag("ups-off", ["on", "off"], ["aan", "uit"])
        .called("UPS off", "Output", "Uitgang");
    /// The UPS is about to shut down (NUT: FSD).
    UpsForcedShutdown = flag("ups-forced-shutdown", ["no", "shuts down"], ["nee", "sluit af"])
        .called("UPS forced shutdown", "Shutdown", "Afsluiting");
    /// The UPS reports a failure of its own.
    UpsFault = boolean("ups-fault", ["no fault", "fault"], ["geen storing", "storing"])
        .called("UPS fault", "UPS fault", "UPS-storing");
    /// The UPS reports an alarm (NUT: ALARM), also beside OL.
    UpsAlarm = flag("ups-alarm", ["no alarm", "alarm"], ["geen alarm", "alarm"])
        .called("UPS alarm", "UPS alarm", "UPS-alarm");
    /// The UPS calibrates or tests its battery (NUT: CAL, TEST).
    UpsCalibrating = flag("ups-calibrating", ["no", "tests its battery"], ["nee", "test zijn accu"])
        .called("UPS calibrating", "Battery test", "Accutest");
    /// The battery is being charged (NUT: CHRG).
    UpsCharging = flag("ups-charging", ["not charging", "charging"], ["laadt niet", "laadt"])
        .routine()
        .called("UPS charging", "Charging", "Laden");
    /// The UPS reports a state that this version does not know.
    UpsOtherFlag = flag("ups-other-flag", ["no", "yes"], ["nee", "ja"])
        .called("UPS other flag", "Other state", "Andere toestand");
    /// The battery of the UPS did not pass its last test (NUT: ups.test.result).
    UpsTestFailed = flag("ups-test-failed", ["not failed", "test failed"], ["niet gezakt", "test niet doorstaan"])
        .called("UPS test failed", "Last battery test", "Laatste accutest");
    /// One phase of a UPS's three-phase input is lost.
    UpsPhaseLost = flag("ups-phase-lost", ["all phases", "a phase is lost"], ["alle fasen", "een fase is weg"])
        .called("UPS phase lost", "Input phases", "Ingangsfasen");
    /// Temperature inside a UPS, as of its electronics: not its battery's.
    UpsTemperature = number("ups-temperature", "Cel", (-40.0, 150.0), shown("°C", 1.0, 1))
        .called("UPS temperature", "UPS temperature", "UPS-temperatuur");
    /// A probe's target answers.
    Answering = boolean("answering", ["no answer", "answers"], ["geen antwoord", "antwoordt"])
        .called("answering", "Probe", "Meetpunt");
    /// An output of the agent is on: its siren sounds, its lamp shines.
    SwitchedOn = boolean("switched-on", ["off", "on"], ["uit", "aan"])
        .called("switched on", "Output", "Uitgang");
    /// Somebody presses a button.
    ButtonPressed = boolean("button-pressed", ["not pressed", "pressed"], ["niet ingedrukt", "ingedrukt"])
        .called("button pressed", "Button", "Knop");
    /// Strength of a mobile network's signal; dBm is a secondary unit (RFC 8798).
    Signal = number("signal", "dBm", (-140.0, 0.0), shown("dBm", 1.0, 0))
        .called("signal", "Signal", "Signaal");
    /// A mobile network takes the modem.
    NetworkPresent = boolean("network-present", ["without a network", "on a network"], ["zonder netwerk", "op een netwerk"])
        .called("network present", "Mobile network", "Mobiel netwerk");
    /// What is left of a SIM's credit, in the operator's currency.
    Credit = number("credit", "count", (-10_000.0, 1_000_000.0), shown("¤", 1.0, 2))
        .called("credit", "Credit", "Tegoed");
    /// The credit is at or below what its settings call low.
    CreditLow = flag("credit-low", ["enough", "credit low"], ["genoeg", "tegoed laag"])
        .called("credit low", "Credit left", "Resterend tegoed");
    /// A drill of the alarm chain: an agent sets it because the collector asks for that. Nothing is measured.
    Drill = boolean("drill", ["no drill", "drill"], ["geen oefening", "oefening"])
        .called("drill", "Drill", "Oefening");
}
