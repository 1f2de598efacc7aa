import type { ChecklistPhase } from './checklist.ts'
import type { EngagementTemplate, Raci, SeatFunction } from './engagement.ts'
import type { ProblemContent } from './problem.ts'
import type { RiskTier } from './signing-rule.ts'

/** What an engagement begins with. Everything of it can be changed, added to, or switched off with a reason. */
export interface Template {
  readonly riskTier: RiskTier
  /** Seats that have to be accepted before the work begins. */
  readonly seats: readonly { readonly function: SeatFunction; readonly raci: Raci }[]
  /** Prompts to be written over. */
  readonly problem: ProblemContent
  readonly checklist: readonly { readonly phase: ChecklistPhase; readonly label: string }[]
}

const NO_PROBLEM: ProblemContent = {
  problem: '',
  decisionSupported: '',
  affectedPeople: '',
  inScope: [],
  outOfScope: [],
}

/** Source: product need 7. */
const FULL_TABLE: Template['seats'] = [
  { function: 'sponsor', raci: 'A' },
  { function: 'domain_expert', raci: 'C' },
  { function: 'data_owner', raci: 'R' },
  { function: 'legal_privacy', raci: 'C' },
  { function: 'security', raci: 'C' },
  { function: 'end_user_rep', raci: 'C' },
]

const USUAL_CHECKLIST: Template['checklist'] = [
  { phase: 'define', label: 'The decision that the model supports has an owner by name' },
  { phase: 'define', label: 'The baseline is measured on the hold-out, not estimated' },
  { phase: 'build', label: 'Training and hold-out data share no rows, persons or days' },
  { phase: 'build', label: 'The simplest sensible model was measured as well' },
  { phase: 'launch', label: 'Users know what the model is for, and what it is not for' },
  { phase: 'launch', label: 'Going back was tried once' },
  { phase: 'operate', label: 'Somebody at the client reads the alerts' },
]

export const TEMPLATES: Readonly<Record<EngagementTemplate, Template>> = {
  blank: { riskTier: 'standard', seats: [], problem: NO_PROBLEM, checklist: [] },
  full_table: { riskTier: 'standard', seats: FULL_TABLE, problem: NO_PROBLEM, checklist: [] },
  classification: {
    riskTier: 'standard',
    seats: [
      { function: 'sponsor', raci: 'A' },
      { function: 'domain_expert', raci: 'C' },
      { function: 'data_owner', raci: 'R' },
      { function: 'end_user_rep', raci: 'C' },
    ],
    problem: {
      problem:
        'Which cases are … is found too late or by hand. Today … of … cases are looked at, and … of those that matter are missed. A missed one costs …, a false alarm costs ….',
      decisionSupported: 'Whoever works through the cases decides by the score which to look at first.',
      affectedPeople: 'Those about whom a case is: …',
      inScope: ['One score for each case, with the threshold that was agreed', 'Cases of the kind …'],
      outOfScope: ['Deciding about a person without a person', 'Other kinds of cases'],
    },
    checklist: [
      { phase: 'define', label: 'The cost of a miss and of a false alarm is written down' },
      { phase: 'define', label: 'Who labels, by which rule, and how often two of them agree' },
      ...USUAL_CHECKLIST,
      { phase: 'build', label: 'The threshold was chosen on other data than the hold-out' },
      { phase: 'build', label: 'Errors were looked at by groups of people or cases that matter' },
    ],
  },
  forecasting: {
    riskTier: 'standard',
    seats: [
      { function: 'sponsor', raci: 'A' },
      { function: 'domain_expert', raci: 'C' },
      { function: 'data_owner', raci: 'R' },
      { function: 'it_warehouse', raci: 'C' },
    ],
    problem: {
      problem:
        '… is planned by what was the case last week. Planning too much costs … a unit, too little costs …. Today the plan is off by … on average.',
      decisionSupported: 'Whoever plans … orders by the forecast, … days ahead.',
      affectedPeople: '',
      inScope: ['A forecast for each …, … days ahead, every …', 'An interval for each forecast'],
      outOfScope: ['Ordering by itself', 'Events that were never seen before'],
    },
    checklist: [
      { phase: 'define', label: 'How far ahead, how often, and until when a forecast is still of use' },
      { phase: 'define', label: 'The forecast is compared with “as last time” on the same days' },
      ...USUAL_CHECKLIST,
      { phase: 'build', label: 'The hold-out lies after the training data in time' },
      { phase: 'build', label: 'Only what is known at the time of the forecast goes into it' },
    ],
  },
  high_risk: {
    riskTier: 'high',
    seats: [...FULL_TABLE, { function: 'model_validator', raci: 'C' }],
    problem: {
      problem: '… is decided today by …. What goes wrong, for whom, how often, and how grave it is: …',
      decisionSupported: '… decides; the model advises and says why.',
      affectedPeople: 'Who is decided about, how they are told, and how they object: …',
      inScope: ['Advice on …, to be confirmed by a person'],
      outOfScope: ['Deciding without a person', 'Use for any other purpose'],
    },
    checklist: [
      { phase: 'define', label: 'The risk class of the system is determined, with its ground in law' },
      { phase: 'define', label: 'A data protection impact assessment is made, or why none is needed' },
      { phase: 'define', label: 'Who oversees the model, and can stop it, is named' },
      ...USUAL_CHECKLIST,
      { phase: 'build', label: 'Errors were looked at by every protected group that the data knows' },
      { phase: 'build', label: 'Somebody who did not build it validated it' },
      { phase: 'launch', label: 'Those who are decided about are told, and know how to object' },
      { phase: 'operate', label: 'Incidents are reported to whom the law asks, within its time' },
    ],
  },
}
