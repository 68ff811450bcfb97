//! The built-in rules in English: those about what is measured.

mod monitor;

pub(super) use monitor::PERSON_NOT_REACHED;

use super::{BuiltIn, Words};

pub(super) const fn words(rule: BuiltIn) -> Words {
    match rule {
        BuiltIn::InletHigh => Words {
            name: "Inlet too warm",
            cause: "cooling too weak for the load, a blocked filter or tile, or warm air coming round the rack",
            consequence: "servers run their fans harder and age faster; if it goes on rising they shut down",
            response: &[
                "Look at the other inlets of the room: one is a rack's matter, all are the cooling's.",
                "Check that every cooling unit runs and shows no fault.",
                "Close blanking panels and doors of the aisle.",
            ],
        },
        BuiltIn::InletVeryHigh => Words {
            name: "Inlet far too warm",
            cause: "the cooling failed, or air does not reach this rack at all",
            consequence: "servers shut themselves down within minutes; a rack of 10 kW has less than one",
            response: &[
                "Open the room's doors and put fans in them.",
                "Shut down what is least needed, the hottest rack first.",
                "Call the cooling contractor.",
            ],
        },
        BuiltIn::InletLow => Words {
            name: "Inlet too cold",
            cause: "cooling set too low, or outside air coming in",
            consequence: "moisture can condense when warmer air returns; energy is wasted",
            response: &[
                "Check the set-points of the cooling units.",
                "Check dampers and doors to the outside.",
            ],
        },
        BuiltIn::HumidityHigh => Words {
            name: "Air too humid",
            cause: "outside air, a humidifier that is stuck, or a leak",
            consequence: "water condenses on cold surfaces, contacts corrode",
            response: &[
                "Check the humidifier and the drain of the cooling units.",
                "Look for water on the floor.",
            ],
        },
        BuiltIn::DewPointHigh | BuiltIn::DewPointHighComputed => Words {
            name: "Dew point too high",
            cause: "outside air, a humidifier that is stuck, or a leak",
            consequence: "water condenses on everything colder than the dew point, chilled pipes first",
            response: &[
                "Check the humidifier and doors to the outside.",
                "Look for drops on chilled pipes.",
            ],
        },
        BuiltIn::HumidityLow => Words {
            name: "Air too dry",
            cause: "dry winter air, or a humidifier that is off",
            consequence: "static electricity can damage equipment while people work on it",
            response: &[
                "Check the humidifier.",
                "Wear a wrist strap before touching equipment.",
            ],
        },
        BuiltIn::DewPointLow | BuiltIn::DewPointLowComputed => Words {
            name: "Dew point too low",
            cause: "dry winter air, or a humidifier that is off",
            consequence: "static electricity can damage equipment while people work on it",
            response: &[
                "Check the humidifier.",
                "Wear a wrist strap before touching equipment.",
            ],
        },
        BuiltIn::CoolingFailed => Words {
            name: "Cooling failed",
            cause: "the cooling stands still, or carries far less than the load",
            consequence: "from 32 °C servers shut themselves down; a rack of 10 kW has less than a minute",
            response: &[
                "Open the room's doors and put fans in them.",
                "Shut down what is least needed before the inlets pass 32 °C, or at once where they have; the hottest rack first.",
                "Call the cooling contractor.",
            ],
        },
        BuiltIn::CoolingFailing => Words {
            name: "Cooling failing",
            cause: "a cooling unit that stands still or lost its water, a blocked filter, or a door that stands open",
            consequence: "from 32 °C servers shut themselves down",
            response: &[
                "Read the panel of each cooling unit: which one stands still, or shows a fault?",
                "Close doors and racks that stand open to warm air.",
                "Call the cooling contractor before it is critical.",
            ],
        },
        BuiltIn::CoolingFault => Words {
            name: "Cooling unit reports a fault",
            cause: "compressor, fan, water flow or control of the unit failed",
            consequence: "the room warms up; without a second unit it is too hot within minutes",
            response: &[
                "Read the fault on the unit's panel.",
                "Watch the inlet temperatures; call the cooling contractor.",
            ],
        },
        BuiltIn::Smoke => Words {
            name: "Smoke",
            cause: "something burns or smoulders, or dust from work in the room",
            consequence: "fire; the extinguishing system may release",
            response: &[
                "If you see or smell fire: leave, close the door, call the fire brigade.",
                "Keep people out of the room; an extinguishing gas can kill.",
                "Cut the power of the room if that is safe.",
                "When all is clear, reset the detector and then this alarm.",
            ],
        },
        BuiltIn::ExtinguisherReleased => Words {
            name: "Extinguishing system released",
            cause: "fire, or a false release",
            consequence: "the gas takes the oxygen out of the room's air",
            response: &[
                "Nobody goes in.",
                "Call the fire brigade.",
                "Ventilate before anyone enters.",
            ],
        },
        BuiltIn::Water => Words {
            name: "Water",
            cause: "a cooling unit's drain or pipe, a roof or pipe above, or cleaning",
            consequence: "short circuits under the floor; power to the room may trip",
            response: &[
                "Find where the water comes from; if it has a valve, shut it.",
                "Keep out of water near power cables; switch off the circuits that are wet.",
                "Call the cooling contractor or the plumber.",
            ],
        },
        BuiltIn::DoorOpen => Words {
            name: "Door open",
            cause: "someone works there, or the door did not close",
            consequence: "cold air is lost and anyone can walk in",
            response: &["Look who is there.", "Close the door."],
        },
        BuiltIn::ContactFault => Words {
            name: "Device reports a fault",
            cause: "the device behind this contact reports that something is wrong with it",
            consequence: "what the device does may fail",
            response: &["Read the fault on the device."],
        },
        BuiltIn::NotAnswering => Words {
            name: "Target does not answer",
            cause: "the device, its power or the network to it is down",
            consequence: "whatever depends on it does not work",
            response: &[
                "Check the device's power and its network port.",
                "Try to reach it by another way.",
            ],
        },
        BuiltIn::Drill => Words {
            name: "Drill of the alarm chain",
            cause: "the monitor tries the whole way from an agent to you; nothing is wrong",
            consequence: "nothing: if nobody answers, the monitor says that its drill failed",
            response: &["Acknowledge this as you would an alarm. The drill ends by itself then."],
        },
        BuiltIn::ModemSignalLow => Words {
            name: "Modem's signal weak",
            cause: "its antenna or cable, where it hangs, or the operator's mast",
            consequence: "text messages may soon not leave any more",
            response: &[
                "Look whether the antenna sits firmly and stands free.",
                "Hang the antenna higher or nearer to a window.",
                "Try a SIM of another operator.",
            ],
        },
        BuiltIn::ModemCreditLow => Words {
            name: "Modem's credit low",
            cause: "the SIM is prepaid, and what was paid is used up or has expired",
            consequence: "text messages do not leave once it is gone",
            response: &[
                "Top the SIM up.",
                "Better: take one with a contract that does not run out.",
            ],
        },
        BuiltIn::AgentOffline => Words {
            name: "Agent silent",
            cause: "the agent's power, its network, or the program itself",
            consequence: "everything that it measures is unknown; no alarm can come from there",
            response: &[
                "Check the agent's power and network light.",
                "Look whether other agents of the room are silent too: then it is the network.",
                "Its readings are kept and come when it is back.",
            ],
        },
        BuiltIn::NoDataProtection => Words {
            name: "Smoke or water detector silent",
            cause: "the detector, its cable or its supply failed",
            consequence: "smoke or water there would not be noticed",
            response: &[
                "Check the detector and its cable.",
                "Have someone look at the room until it is back.",
            ],
        },
        BuiltIn::NoDataUps => Words {
            name: "UPS silent",
            cause: "the UPS's data cable, its card or the program that reads it",
            consequence: "a power failure or an empty battery would not be noticed",
            response: &["Read the UPS's own display.", "Check the data cable."],
        },
        BuiltIn::NoDataUpsOnBattery => Words {
            name: "UPS silent while on battery",
            cause: "the UPS ran empty, or what reads it lost its power",
            consequence: "the racks behind it are without power or soon will be",
            response: &[
                "Go and look at the UPS.",
                "Shut down what is still running, in order.",
            ],
        },
        BuiltIn::UpsValueLost => Words {
            name: "UPS value lost",
            cause: "the UPS, its card or the program that reads it gives this value no more; its fault says more",
            consequence: "no alarm can come from it: a battery that is empty or too warm would not be noticed",
            response: &[
                "Read the UPS's own display.",
                "Run `plenum-agent read` on the agent: it says what to try.",
            ],
        },
        BuiltIn::NoData => Words {
            name: "Sensor silent",
            cause: "the sensor, its cable or its address; its fault says more",
            consequence: "what it measures is unknown: no alarm can come from it",
            response: &[
                "Check the cable and the plug.",
                "Run `plenum-agent read` on the agent: it says what to try.",
            ],
        },
        BuiltIn::MainsLost => Words {
            name: "Mains lost",
            cause: "the grid, the main breaker or the fuse of this feed",
            consequence: "what hangs on a UPS runs until its battery is empty; everything else stops, the cooling too unless it has a supply of its own",
            response: &[
                "Look how long the UPS still lasts; if that is unknown here, read its display.",
                "Check whether the building has mains, then the breaker of this feed.",
                "Watch the inlet temperatures: cooling is often not on the UPS.",
                "Plan an orderly shutdown before the battery is at 5 minutes.",
            ],
        },
        BuiltIn::UpsOnBattery => Words {
            name: "UPS on battery",
            cause: "the grid, the main breaker or the fuse of this feed",
            consequence: "the UPS carries the load until its battery is empty; cooling stops unless it has a supply of its own",
            response: &[
                "Look how long the UPS still lasts; if that is unknown here, read its display.",
                "Check whether the building has mains, then the breaker of this feed.",
                "Watch the inlet temperatures: cooling is often not on the UPS.",
                "Plan an orderly shutdown before the battery is at 5 minutes.",
            ],
        },
        BuiltIn::GeneratorNotCarrying => Words {
            name: "Generator does not carry the load",
            cause: "the generator did not start, is not in automatic, or the transfer switch did not switch",
            consequence: "only the UPS's battery carries the racks",
            response: &[
                "Go to the generator: read its panel, start it by hand.",
                "Check the transfer switch.",
                "Look how long the UPS still lasts, on its display if that is unknown here, and plan the shutdown.",
            ],
        },
        BuiltIn::UpsPhaseLost => Words {
            name: "UPS input has lost a phase",
            cause: "a fuse, a breaker or the grid: one phase of three is away",
            consequence: "the UPS may go to its battery; cooling on that phase stands still",
            response: &[
                "Check the fuses and the breaker of this feed.",
                "Look whether other equipment on three phases runs on two.",
            ],
        },
        BuiltIn::UpsBatteryLowOnMains => Words {
            name: "UPS battery low on mains",
            cause: "the battery is not charged yet after a failure, or is worn out or disconnected",
            consequence: "the racks lose power at once when mains fails",
            response: &[
                "Look whether the UPS is charging and how full it is.",
                "If it does not charge: check the battery's plug and age, call the supplier.",
            ],
        },
        BuiltIn::UpsBatteryLow => Words {
            name: "UPS battery low",
            cause: "the battery has been carrying the load for too long, or is worn out",
            consequence: "the racks lose power within minutes",
            response: &[
                "Shut down the servers behind this UPS now, in order.",
                "Bring mains or the generator back.",
            ],
        },
        BuiltIn::UpsForcedShutdown => Words {
            name: "UPS is about to shut down",
            cause: "the battery is at its end, or someone ordered a shutdown",
            consequence: "the racks lose power in seconds to minutes",
            response: &["Save what can be saved: shut down at once."],
        },
        BuiltIn::UpsOff => Words {
            name: "UPS gives no output",
            cause: "the UPS was switched off, tripped or failed",
            consequence: "what hangs on it alone is without power",
            response: &[
                "Go to the UPS and read its display.",
                "Move the load to its bypass if it does not start.",
            ],
        },
        BuiltIn::UpsOffOnMains => Words {
            name: "UPS on mains gives no output",
            cause: "its output was switched off, or it did not come back after a test",
            consequence: "what hangs on it alone is without power",
            response: &[
                "Go to the UPS and read its display.",
                "Switch its output on, or move the load to its bypass.",
            ],
        },
        BuiltIn::UpsOverload => Words {
            name: "UPS overloaded",
            cause: "too much is plugged in, or a second UPS failed and this one took over",
            consequence: "the UPS goes to bypass or switches off",
            response: &["Take load off: the least needed servers first."],
        },
        BuiltIn::UpsFault => Words {
            name: "UPS failed",
            cause: "an internal failure: inverter, rectifier, fan or temperature",
            consequence: "the load may be unprotected or without power",
            response: &["Read the fault on the UPS's display.", "Call its supplier."],
        },
        BuiltIn::UpsAlarm => Words {
            name: "UPS reports an alarm",
            cause: "something inside the UPS: a fan, the battery, the temperature",
            consequence: "the UPS may fail when it is needed, or burn",
            response: &["Read the alarm on the UPS's display; do not trust \"on line\" beside it."],
        },
        BuiltIn::UpsBypass => Words {
            name: "UPS on bypass",
            cause: "overload, an internal fault, or someone switched it over",
            consequence: "the racks hang on raw mains: the next dip stops them",
            response: &[
                "Find out who or what put it there.",
                "Take load off if it was overloaded; switch back.",
            ],
        },
        BuiltIn::UpsReplaceBattery => Words {
            name: "UPS battery is worn out",
            cause: "the battery failed its test or is past its age",
            consequence: "at the next power failure it lasts for seconds instead of minutes",
            response: &[
                "Order a battery of the right type.",
                "Measure the runtime after it is replaced.",
            ],
        },
        BuiltIn::UpsTestFailed => Words {
            name: "UPS battery failed its test",
            cause: "the battery is worn out, not charged, or not connected well",
            consequence: "at the next power failure it may last for seconds instead of minutes",
            response: &[
                "Look whether the battery is fully charged, and test it again.",
                "If it fails again: order a battery of the right type.",
            ],
        },
        BuiltIn::UpsOtherState => Words {
            name: "UPS reports an unknown state",
            cause: "a state that this version of Plenum does not know",
            consequence: "unknown: read it from the UPS itself",
            response: &["Read the UPS's display and its manual."],
        },
        BuiltIn::UpsRuntimeVeryLow => Words {
            name: "UPS runtime below 5 min on battery",
            cause: "mains has been away for long, or the battery is worn",
            consequence: "the racks lose power within minutes",
            response: &[
                "Shut down the servers behind this UPS, in order.",
                "Bring mains or the generator back.",
            ],
        },
        BuiltIn::UpsRuntimeLow => Words {
            name: "UPS runtime below 15 min on battery",
            cause: "mains has been away for a while, the battery is worn, or there is more load than planned",
            consequence: "there is little time left for an orderly shutdown",
            response: &[
                "Find out how long mains or the generator will be away.",
                "Prepare the shutdown of the servers behind this UPS, in order.",
            ],
        },
        BuiltIn::UpsChargeVeryLow => Words {
            name: "UPS battery below 30 %",
            cause: "mains has been away for long, or the charger failed",
            consequence: "the racks lose power soon",
            response: &[
                "Shut down the servers behind this UPS, in order.",
                "Bring mains or the generator back.",
            ],
        },
        BuiltIn::UpsChargeLow => Words {
            name: "UPS battery below 60 %",
            cause: "a charger that does not charge: for half an hour the battery has not become fuller",
            consequence: "the next power failure is bridged for less long",
            response: &[
                "Look whether the UPS is on mains and says that it charges.",
                "If it does and the battery stays as it is: have the charger and the battery looked at.",
            ],
        },
        BuiltIn::UpsLoadVeryHigh => Words {
            name: "UPS load above 95 %",
            cause: "equipment was added, or a second UPS failed and this one took over",
            consequence: "the UPS overloads at the next peak and drops the load",
            response: &["Take load off now: the least needed servers first."],
        },
        BuiltIn::UpsLoadHigh => Words {
            name: "UPS load above 80 %",
            cause: "equipment was added, or the load is not spread over the UPSes",
            consequence: "runtime is shorter, and there is no room for a second UPS's load",
            response: &["Move equipment to another UPS.", "Plan more capacity."],
        },
        BuiltIn::UpsBatteryHot => Words {
            name: "UPS battery hot",
            cause: "a cell that fails, a charger that gives too much, a fan that stands still, or a very hot place",
            consequence: "a hot cell can run away: it swells, leaks or burns",
            response: &[
                "Go and look at the UPS; do not touch a battery that is swollen or smells.",
                "Check its fan and its air.",
                "If it goes on rising: have the battery disconnected.",
            ],
        },
        BuiltIn::UpsBatteryWarm => Words {
            name: "UPS battery warm",
            cause: "warm surroundings, blocked air, or a battery that ages",
            consequence: "every 8 K halves the battery's life",
            response: &[
                "Check the UPS's air and fan, and whether it can stand somewhere cooler.",
                "Test the battery more often than once a year.",
            ],
        },
        BuiltIn::Monitor(kind) => monitor::words(kind),
    }
}
