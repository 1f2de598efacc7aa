import { METRICS } from './metric.ts'

/** What a client reads at the start. A new version asks everybody again. */
export const EXPLAINER = {
  page: 'how-this-goes',
  version: '1',
  sections: [
    {
      title: 'What machine learning can do',
      items: [
        'Find patterns in many past cases and apply them to new ones, faster and more evenly than people can.',
        'Say how sure it is, when it is built for that, so that people look at the doubtful cases.',
        'Be measured: on cases it has never seen, before anybody relies on it.',
      ],
    },
    {
      title: 'What it cannot do',
      items: [
        'Know what is not in the data. What never happened before, it has never learned.',
        'Be right every time. What counts is agreed as a number, and errors are part of it.',
        'Stay right by itself. When the world changes, the model has to be measured and trained again.',
        'Decide what is worth doing. That is what you sign.',
      ],
    },
    {
      title: 'How this will go',
      items: [
        'We write down the problem and what counts as success. You read it in your own units, and sign it or ask for changes.',
        'The people it takes sit at the table from the start: who decides, who knows the work, who owns the data.',
        'Every run is judged against what you signed, on the very data that was agreed. You see each result.',
        'A model goes live only when it meets what is signed. If it falls below the floor, the agreement stops counting until you decide.',
        'Whatever changes later is a new version or a change request, with its price. Nothing that was signed is overwritten.',
      ],
    },
  ],
} as const

/** Words of the field and what they mean, for readers who do not work in it. */
export const GLOSSARY: readonly { readonly term: string; readonly means: string }[] = [
  { term: 'Baseline', means: 'How good it is today, before the work begins; measured, with a date and a source.' },
  { term: 'Target', means: 'What a measured value has to reach for the criterion to be met.' },
  { term: 'Floor', means: 'What a live model must never be worse than.' },
  { term: 'Hold-out', means: 'Cases kept aside: the model is measured on them and never learns from them.' },
  { term: 'Run', means: 'One attempt at training or measuring a model, with everything that went into it kept.' },
  {
    term: 'Confidence interval',
    means: 'The range in which the true value probably lies; wider when there are fewer cases.',
  },
  { term: 'Drift', means: 'When live data becomes unlike the data that the model learned from.' },
  { term: 'Slice', means: 'A part of the cases that is looked at by itself, such as one region.' },
  { term: 'Quorum', means: 'How many different persons have to approve before it counts.' },
  { term: 'SHA-256', means: 'A fingerprint of a text or file: change one letter and it is another.' },
  ...METRICS.map((metric) => ({ term: metric.name, means: `${metric.means} ${metric.doesNotMean}` })),
]
