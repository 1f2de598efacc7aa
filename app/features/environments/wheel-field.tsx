import { PACKAGES_MAX, WHEELS_BYTES_MAX } from '#app/domain/environment.ts'
import { FileField } from '#app/ui/field.tsx'

/** The wheels that a version brings. */
export function WheelField({ isOptional = false }: { isOptional?: boolean }) {
  return (
    <FileField
      name="file"
      label={isOptional ? 'New wheels, or other versions of what is there' : 'Wheels'}
      hasSeveral
      optional={isOptional}
      accept=".whl"
      bytesMax={WHEELS_BYTES_MAX}
      hint={`Pure Python (their names end in py3-none-any.whl), everything that they need with them: at most ${String(PACKAGES_MAX)}, ${String(WHEELS_BYTES_MAX / 1_048_576)} MB together. “pip download --only-binary :all: NAME” fetches them.`}
    />
  )
}
