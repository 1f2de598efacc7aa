import { RACI, RACI_WORDS, SEAT_FUNCTION_WORDS, SEAT_FUNCTIONS, seatSide } from '#app/domain/engagement.ts'
import { SelectField } from '#app/ui/field.tsx'

/** Which seat, and what it does in decisions. */
export function SeatFields() {
  return (
    <>
      <SelectField
        name="function"
        label="Seat"
        defaultValue="sponsor"
        options={SEAT_FUNCTIONS.map((value) => ({
          value,
          label: `${SEAT_FUNCTION_WORDS[value]} (${seatSide(value) === 'client' ? 'client' : 'ours'})`,
        }))}
      />
      <SelectField
        name="raci"
        label="In decisions"
        defaultValue="A"
        options={RACI.map((value) => ({ value, label: RACI_WORDS[value] }))}
      />
    </>
  )
}
