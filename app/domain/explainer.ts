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
