//! What the API says and takes: every answer and every body, as types that read back what they write. The screens' types are generated
//! from them, and the command line reads them: nobody guesses at a key.
//!
//! Each closed set is an enum with its own words, apart from those of the stores below: the wire form changes only on purpose. A field
//! that has nothing to say is null and never absent.

mod agent;
mod alarm;
mod answer;
mod audit;
mod call;
mod dead_letter;
mod delivery;
mod drill;
mod duty;
mod enrolment;
mod episode;
mod event;
mod figures;
mod hand_over;
mod heartbeat;
mod history;
mod incident;
mod incident_export;
mod input;
mod kept;
mod key;
mod list;
mod live;
mod mail;
mod number;
mod person;
mod phone;
mod reading;
mod revision;
mod schema;
mod second_factor;
mod series;
mod service;
mod session;
mod sign_on;
mod site;
mod test_page;
mod timeline;
mod trial;
mod words;
mod work;

pub use agent::{Agent, AgentSensor, Clock, Identified, SensorFault, Stream};
pub use alarm::{
    Acknowledgement, Alarm, AlarmDetail, AlarmFilter, AlarmState, Chattering, GivenBack, InputState,
    OutOfService, Priority, Shelved,
};
pub use answer::{
    Acknowledge, AcknowledgeIncident, AnswerByLink, Answered, Comment, SeenAlarm, Shelve, TakeOutOfService,
    Unanswered,
};
pub use audit::{AuditEnding, AuditFormat, AuditKind, AuditLine, AuditWho};
pub use call::{
    CallEvent, CallNext, CallState, IncidentCall, PassOn, PassedOn, PassedWord, PassingOn, Untold,
};
pub use dead_letter::{DeadLetter, Retried};
pub use delivery::{Delivery, DeliveryState};
pub use drill::{Drill, DrillClimb, DrillLeg, DrillLegName, DrillRun, DrillState};
pub use duty::{
    CalendarDay, ClockChange, Duty, DutyFeed, DutyFeedAddress, DutyPerson, DutyShift, Ladder, LadderChannel,
    LadderStep, LadderWhom, NewOverride, Override, OverrideChange, RotaCalendar, ShiftSource, Uncovered,
};
pub use enrolment::{
    AuthorityRotation, Enrolment, EnrolmentAuthority, EnrolmentCode, EnrolmentState, NewEnrolment,
    NewRotation, Revocation, RotationState,
};
pub use episode::Episode;
pub use event::{Cause, Event};
pub use figures::{
    Comparison, Figures, FiguresFormat, Flood, Frequent, Level, Measure, Priorities, Proposal, Says, Target,
};
pub use hand_over::{HandOver, HandOverIncident};
pub use heartbeat::{Heartbeat, HeartbeatStanding};
pub use history::{Hole, Readings, Windows};
pub use incident::{Incident, IncidentFilter, IncidentMember, IncidentState};
pub use incident_export::{IncidentDurations, IncidentExport, IncidentFormat};
pub use input::{Band, BandLimit, Condition, Input, Side, Trend};
pub use kept::{Kept, KeptSignOn, Message, Seen};
pub use key::{KeyStatus, KeyValues};
pub use list::List;
pub use live::{LiveEvent, LiveKind};
pub use mail::Mail;
pub(crate) use number::{LARGEST, maybe_number, number};
pub use person::{
    EndSession, GivenToken, InvitedPerson, LogInSession, NewPassword, NewPerson, NewScope, NewToken, Person,
    PersonChange, Reached, Token,
};
pub use phone::{NewText, Phone, PhoneText};
pub use reading::Reading;
pub use revision::{Diff, NewRevision, Revision, RevisionText, Rollback};
pub use schema::Unit;
pub(crate) use schema::{Identifier, Instant, Number, PageSize, SeriesName};
pub use second_factor::{
    Challenge, Code, EnterCode, NewSecondFactor, OwnPassword, PasswordAndCode, RecoveryCodes, SecondFactor,
    SecondFactorStand,
};
pub use series::Series;
pub use service::{
    Availability, Day, DayState, Interval, Milliseconds, Month, Report, ReportFormat, Service, ServiceState,
};
pub use session::{
    AcceptInvitation, First, Invited, Language, LogIn, LookAtInvitation, Permission, Role, Session, SiteName,
    User,
};
pub use sign_on::{LoggedOut, SignOnBack, SignOnBegun, SignOnButton, SignOnReason};
pub use site::{Bound, Limit, Place, Rack, Room, Sensor, SensorSeries, Site};
pub use test_page::{TestEnding, Tested};
pub use timeline::{
    IncidentChange, IncidentMessage, NewNote, Note, Tells, TimelineEntry, TimelineKind, TimelineOrder,
};
pub use trial::{
    NewTrial, Trial, TrialDifference, TrialProgress, TrialRule, TrialShort, TrialSide, TrialWoken,
};
pub use work::{EndedWork, HiddenAlarm, NewWork, Underway, Work, WorkKind, WorkOut, WorkState};
