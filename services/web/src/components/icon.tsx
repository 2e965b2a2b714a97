const PATHS = {
  star: 'M12 2.5 14.2 9.8 21.5 12 14.2 14.2 12 21.5 9.8 14.2 2.5 12 9.8 9.8Z',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  below: 'M12 5v13m0 0 5.5-5.5M12 18l-5.5-5.5',
  above: 'M12 19V6m0 0 5.5 5.5M12 6l-5.5 5.5',
  warning: 'M12 4 2.8 20h18.4L12 4Zm0 6v4.5m0 2.6v.2',
  stop: 'M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3L8.3 3Zm3.7 4.8v5m0 3v.2',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4.5V12l3 2',
  left: 'm14.5 5-7 7 7 7',
  right: 'm9.5 5 7 7-7 7',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-6v2m0 16v2M2 12h2m16 0h2M4.9 4.9l1.4 1.4m11.4 11.4 1.4 1.4m0-14.2-1.4 1.4M6.3 17.7l-1.4 1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z',
  contrast: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 0v18m0-14.5h5.8M12 11h8.9M12 15.500h8.2',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  bell: 'M6 16V11a6 6 0 1 1 12 0v5l1.5 2h-15L6 16Zm4.500 4.500a1.600 1.600 0 0 0 3 0',
  mute: 'M6 16V11a6 6 0 0 1 9-5.200M18 12v4l1.500 2h-11M4 4l16 16m-9.500.500a1.600 1.600 0 0 0 3 0',
  out: 'M14 4H5v16h9m-4-8h11m0 0-4-4m4 4-4 4',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.500 20.500c1-4 4-5.500 7.500-5.500s6.500 1.500 7.500 5.500',
  key: 'M16 3a5 5 0 1 0 0 10 5 5 0 0 0 0-10Zm-3.500 8.500L4 20v1h3v-2h2v-2h2l2-2.500M16.500 7.500v.2',
  equal: 'M5 9.5h14M5 14.500h14',
  close: 'm6 6 12 12M18 6 6 18',
  refresh: 'M20 11a8 8 0 1 0-2.300 6.500M20 5v6h-6',
} as const

export type IconName = keyof typeof PATHS

/** Hidden from assistive technology: a word next to it has the same meaning. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  const filled = name === 'star'
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
      fill={filled ? 'currentColor' : 'none'}
      stroke={filled ? 'none' : 'currentColor'}
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
